"""The interactive views: one folder each, Python packs, JavaScript draws."""
