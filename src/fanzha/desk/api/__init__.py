"""REST for machines: the desk's own acts and rows, behind keys with scopes, with the rights of the key's owner."""
