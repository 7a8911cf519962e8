//! Test databases, mail catcher, scripted provider.
