"""Back ends that look at pictures and words and answer in words: vision-language models."""
