"""What every web door stands on: headers, cookie, texts, formats, the sessions of a request, and how it is served."""
