//! The cross-check of a company's policies, and the Conditional Access evaluator.
