"""The command line. Modules here import nothing heavy at their top: `dutchbook --help` must be quick."""
