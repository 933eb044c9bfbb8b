"""What the end-to-end tests stand on: the programs under test, a scripted server, and an HTTP client for raw bytes."""

# The token that every test's Gate knows, and the account that it stands for.
TOKEN, ACCOUNT = "agt_valid", "gacct_valid"
