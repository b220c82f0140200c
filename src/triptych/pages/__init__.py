"""What is known of a page beside its text: how it is turned, what hides on it, its regions and views."""
