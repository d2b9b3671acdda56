"""Pictures of every page, of the demo market only, and what a browser measures while it takes them.

``make screenshots`` starts the product in an empty home, gives somebody something to look at, opens every page in
English on light and Persian on dark ground, on a screen and on a telephone, and writes ``docs/screenshots/``,
``docs/screenshots.md`` and ``docs/browser.md``.
"""
