"""From approved to enforced: pending changes of the policy, numbered and signed in order, and what gateways count."""
