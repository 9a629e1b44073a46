//! Company sign-in: other OpenID Connect providers and LDAP directories as sources of who people are.
