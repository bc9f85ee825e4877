"""A living market: questions with latent truths, and populations of traders who believe something about them."""
