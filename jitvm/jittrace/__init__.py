"""`jittrace`, the second command: traces recorded, shown, counted, explained and compared.

Its packages (click, rich) are not those of jitvm: `pip install 'jitvm[tools]'`.
"""
