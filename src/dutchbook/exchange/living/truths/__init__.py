"""What is really so: latent chances that move as martingales, and the verdicts they end in."""
