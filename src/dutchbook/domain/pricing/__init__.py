"""The maths of prices: fees, depth, bundles and yields. Pure functions over integers; values in, values out."""
