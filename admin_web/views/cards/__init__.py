"""Groups, series, cards, phones, vouchers, and who sells them."""
