"""From lists to a ranking people can read: candidates, evidence, copies, recency, the floor."""
