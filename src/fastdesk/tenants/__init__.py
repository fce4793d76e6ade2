"""Who is who: tenants, sites, agents, tokens, permissions, limits. Knows nothing of conversations."""
