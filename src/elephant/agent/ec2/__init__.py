"""The agent of a machine on EC2, Linux or Windows: from its user data to its shutdown."""
