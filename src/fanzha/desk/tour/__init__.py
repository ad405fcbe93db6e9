"""The demonstration's guided tour: from an alert to a refused call, and back. It is there only with FANZHA_DEMO."""
