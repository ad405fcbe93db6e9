"""The morning list (推送): ranked alerts go to the police, signed for, and their answers come back as labels."""
