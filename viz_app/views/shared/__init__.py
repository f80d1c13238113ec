"""What all views share in the browser: payloads, formats, colours, canvas, elements, mounting."""
