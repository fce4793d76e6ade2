"""HTTP: routes are declared in one table per noun; authentication, permissions, checking and OpenAPI follow from it."""
