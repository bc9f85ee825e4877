"""What we refuse: rules, the review that asks them all, the stop that ratchets, and the switch that halts."""
