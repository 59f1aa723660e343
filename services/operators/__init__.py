"""Who works on the platform: operators, their passwords, second factors and sessions."""
