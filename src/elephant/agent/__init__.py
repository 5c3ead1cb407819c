"""What runs inside a desktop; imports only `elephant.wire` of ours."""
