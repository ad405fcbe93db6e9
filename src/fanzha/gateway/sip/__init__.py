"""SIP as the gateway speaks it: messages, replies, and the redirect server that any switch can ask."""
