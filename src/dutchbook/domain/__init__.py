"""What is true without any computer: units, markets, books, orders, events, ports, errors and the maths of prices."""
