"""What platforms share whose rules come as JSON from a manager: digests, names and paging."""
