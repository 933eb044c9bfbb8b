"""What the tests with real clients have in common."""
