"""Learned: trained models from disk come in; probabilities of labels go out, without scikit-learn or pickle.

Read in this order: `features`, `linear_model`, `loading`, `saving`. Training is `imr_nlp.training`.
"""
