"""How legs lie in the arrays of the compiled walk: shared by who fills them and who walks them."""

BITS = 24
MASK = (1 << BITS) - 1
"""A limb of a large number: low and middle limbs have so many bits, the high one the rest."""
COUNT, AT, END, BUYS = 0, 1, 2, 3
"""Rows of a state array, a column for each leg: levels it has, level it stands at, where that ends, 1 if bought."""
