"""What JavaScript's library, its frameworks and the browser do, one module for each area."""
