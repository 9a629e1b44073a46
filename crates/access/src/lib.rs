//! May they: the access decision, a pure function of person, device, sign-in and policy, with its reasons.
//!
//! No I/O, no clock: facts go in, a decision comes out, the same every time.
