"""How the models are trained, from gold to weights; nothing here is needed to read letters."""
