//! Intune's and Entra's objects as typed documents, brought into a tenant by plan.
