"""The report page: one file that needs no server, no network and no trust in what the records hold."""
