"""The product's own handlers and hooks, one file each, on the same terms as everybody's plug-ins."""
