"""Voucher codes: made, exported, blocked, redeemed."""
