"""``python -m imr_nlp`` is ``imr-nlp``."""

from imr_nlp.cli import main

if __name__ == "__main__":
    main()
