"""Services: service headings come in; services with category, procedure, body parts and amounts go out.

Read `component`, then `category_model` (the category of what no vocabulary knows). Categories are data in
``configs/concepts/service_categories.yml``.
"""
