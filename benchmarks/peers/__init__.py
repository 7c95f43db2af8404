"""The programs that are measured beside each other, each set up for the same work, and the application behind them."""
