"""From a trace to plain, labelled numbers that a figure or a component can draw."""
