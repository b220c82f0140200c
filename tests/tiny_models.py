"""Real architectures, tiny, with random weights, saved to a folder as the models one pulls are saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

WORDS = "a photo of two boats at the pier, an invoice from ACME over 129.50 euro; bar chart of revenue, " * 8
SIDE, PATCH, LONGEST = 32, 8, 32


def pictures(n: int = 5) -> list[np.ndarray]:
    """Pictures of several sizes with structure: noise alone looks the same to any model."""
    rng = np.random.default_rng(7)
    sizes = ((40, 60), (33, 32), (90, 30), (32, 32), (200, 170))
    found = []
    for i, (h, w) in enumerate(sizes[i % len(sizes)] for i in range(n)):
        ramp = np.linspace(0, 180, w)[None, :, None] * np.array([1, 0.5, 0.2 * (i % 5)])
        found.append((np.broadcast_to(ramp, (h, w, 3)) + rng.integers(0, 70, (h, w, 3))).astype(np.uint8))
    return found


TEXTS = [
    "two boats at the pier",
    "",
    "an invoice from ACME over 129.50 euro " * 20,
    "http://127.0.0.1:9/a.png",
]


def tokenizer(start: str = "<s>", end: str = "</s>", *, masked: bool = True) -> Any:
    """A byte-pair tokenizer learnt from `WORDS`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=True)]
    )
    made.decoder = decoders.ByteLevel()
    special = ["<pad>", start, end, "<unk>"]
    made.train_from_iterator(
        [WORDS],
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    made.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, 1), (end, 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token=start,
        eos_token=end,
        cls_token=start,
        sep_token=end,
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=LONGEST,
        model_input_names=["input_ids", "attention_mask"] if masked else ["input_ids"],
    )


def _towers(vocabulary: int) -> tuple[dict[str, Any], dict[str, Any]]:
    shared = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**shared, "vocab_size": vocabulary, "max_position_embeddings": LONGEST,
            "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}  # fmt: skip
    return text, {**shared, "image_size": SIDE, "patch_size": PATCH}


def clip(folder: Path) -> Path:
    """CLIP as transformers and sentence-transformers load it."""
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(0)
    tokens = tokenizer()
    text, vision = _towers(len(tokens))
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))
    images = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    model.save_pretrained(folder)
    CLIPProcessor(images, tokens).save_pretrained(folder)
    return folder


def published_clip(folder: Path) -> Path:
    """CLIP in the form in which sentence-transformers' clip-ViT-B-32 is published, its old names included."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPConfig, CLIPModel

    start, end = "<|startoftext|>", "<|endoftext|>"
    words = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    words.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    learnt = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[start, end], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        end_of_word_suffix="</w>", show_progress=False,
    )  # fmt: skip
    words.train_from_iterator([WORDS], learnt)
    known = json.loads(words.to_str())["model"]
    inner = folder / "0_CLIPModel"
    torch.manual_seed(0)
    text, vision = _towers(len(known["vocab"]))
    text |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=24))
    model.save_pretrained(inner)
    mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    special = {"bos_token": start, "eos_token": end, "unk_token": end, "pad_token": end}
    written: dict[Path, Any] = {
        folder / "modules.json": [{"idx": 0, "name": "0", "path": "0_CLIPModel",
                                   "type": "sentence_transformers.models.CLIPModel"}],
        folder / "config_sentence_transformers.json": {"__version__": {"sentence_transformers": "2.0.0"}},
        inner / "preprocessor_config.json": {"crop_size": SIDE, "do_center_crop": True, "do_normalize": True,
                                             "do_resize": True, "feature_extractor_type": "CLIPFeatureExtractor",
                                             "image_mean": mean, "image_std": std, "resample": 3, "size": SIDE},
        inner / "special_tokens_map.json": special,
        inner / "tokenizer_config.json": {**special, "do_lower_case": True, "model_max_length": LONGEST,
                                          "tokenizer_class": "CLIPTokenizer"},
        inner / "vocab.json": known["vocab"],
    }  # fmt: skip
    for path, content in written.items():
        path.write_text(json.dumps(content), "utf-8")
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in known["merges"]]
    (inner / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]), "utf-8")
    return folder


def siglip(folder: Path) -> Path:
    """SigLIP as transformers and sentence-transformers load it."""
    import torch
    from transformers import SiglipConfig, SiglipModel, SiglipProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    torch.manual_seed(0)
    tokens = tokenizer(masked=False)
    text, vision = _towers(len(tokens))
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision))
    model.save_pretrained(folder)
    images = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    SiglipProcessor(images, tokens).save_pretrained(folder)
    return folder


def minilm(folder: Path) -> Path:
    """A text-only model of sentence-transformers."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    tokens = tokenizer()
    BertModel(
        BertConfig(vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                   num_attention_heads=2, max_position_embeddings=LONGEST)
    ).save_pretrained(folder / "bert")  # fmt: skip
    tokens.save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").save_pretrained(
        str(folder / "model")
    )
    return folder / "model"


def cross_encoder(folder: Path) -> Path:
    """A model that reads two texts together, as transformers and sentence-transformers load it."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    tokens = tokenizer()
    config = BertConfig(vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
                        num_attention_heads=2, max_position_embeddings=LONGEST, num_labels=1,
                        initializer_range=0.3)  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


def onnx_cross_encoder(source: Path, folder: Path) -> Path:
    """The same in ONNX, laid out as fastembed's repositories are."""
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(source, attn_implementation="eager")
    model.eval().requires_grad_(False)

    class Logits(torch.nn.Module):
        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return model(input_ids=input_ids, attention_mask=attention_mask).logits

    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    tokens = torch.ones((2, LONGEST), dtype=torch.long)
    torch.onnx.export(
        Logits().eval(), (tokens, tokens.clone()), str(folder / "onnx" / "model.onnx"),
        input_names=["input_ids", "attention_mask"], output_names=["logits"],
        dynamic_axes={n: {0: "batch", 1: "tokens"} for n in ("input_ids", "attention_mask")}, dynamo=False,
    )  # fmt: skip
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    special = {
        name: getattr(tokenizer(), name) for name in ("pad_token", "cls_token", "sep_token", "unk_token")
    }
    (folder / "special_tokens_map.json").write_text(json.dumps(special), "utf-8")
    return folder


def open_clip_folder(folder: Path, *, siglip: bool = False) -> Path:
    """A folder as the hub's open_clip repositories are: config, weights, tokenizer."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    config: dict[str, Any] = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": SIDE, "layers": 2, "width": 32, "head_width": 16, "patch_size": PATCH},
        "text_cfg": {"context_length": LONGEST, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    preprocess: dict[str, Any] = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}
    if siglip:
        tokens = tokenizer()
        tokens.save_pretrained(folder)
        config |= {"init_logit_bias": -10, "custom_text": True}
        config["vision_cfg"] = {"image_size": 224, "timm_model_name": "vit_tiny_patch16_224",
                                "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none"}  # fmt: skip
        config["text_cfg"] = {"context_length": LONGEST, "vocab_size": len(tokens), "hf_tokenizer_name": "here",
                              "tokenizer_kwargs": {"clean": "canonicalize"}, "width": 192, "heads": 3, "layers": 2,
                              "no_causal_mask": True, "proj_bias": True, "pool_type": "last",
                              "norm_kwargs": {"eps": 1e-6}}  # fmt: skip
        config["embed_dim"] = 192
        preprocess |= {"resize_mode": "squash", "mean": [0.5] * 3, "std": [0.5] * 3}
    written = {"model_cfg": config, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(written), "utf-8")
    model = open_clip.create_model(f"local-dir:{folder}")
    weights = {k: v.contiguous() for k, v in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


def onnx_pair(source: Path, folder: Path) -> Path:
    """The two towers of a CLIP or SigLIP of transformers in ONNX, laid out as fastembed's repositories are."""
    import shutil

    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(source, attn_implementation="eager").eval().requires_grad_(False)
    is_clip = model.config.model_type == "clip"
    names = (
        ("vision/model.onnx", "text/model.onnx")
        if is_clip
        else ("onnx/vision_model.onnx", "onnx/text_model.onnx")
    )

    class Picture(torch.nn.Module):
        def forward(self, pixel_values: Any) -> Any:
            return _pooled(model.get_image_features(pixel_values=pixel_values))

    class Text(torch.nn.Module):
        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            mask = {"attention_mask": attention_mask} if is_clip else {}
            return _pooled(model.get_text_features(input_ids=input_ids, **mask))

    tokens = torch.ones((2, LONGEST), dtype=torch.long)
    inputs = (
        {"pixel_values": torch.zeros(2, 3, SIDE, SIDE)},
        {"input_ids": tokens, "attention_mask": tokens},
    )
    for name, tower, given in zip(names, (Picture(), Text()), inputs, strict=True):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        axes = {
            key: {0: "batch"} if value.ndim == 4 else {0: "batch", 1: "tokens"}
            for key, value in given.items()
        }
        torch.onnx.export(
            tower.eval(), tuple(given.values()), str(target), input_names=list(given), output_names=["pooler_output"],
            dynamic_axes=axes, dynamo=False,
        )  # fmt: skip
        if is_clip:
            _onnx_configs(source, target.parent)
    if not is_clip:
        _onnx_configs(source, folder)
    shutil.rmtree(folder / "unused", ignore_errors=True)
    return folder


def _pooled(found: Any) -> Any:
    return getattr(found, "pooler_output", found)


def _onnx_configs(source: Path, folder: Path) -> None:
    """Files of the tokenizer and the preprocessing, as they stand beside published ONNX models."""
    processor = json.loads((source / "processor_config.json").read_text("utf-8"))["image_processor"]
    (folder / "preprocessor_config.json").write_text(json.dumps(processor), "utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        (folder / name).write_bytes((source / name).read_bytes())


def _late(folder: Path, kind: str, processor: Any, vlm: dict[str, Any]) -> Path:
    """A late-interaction model of transformers around a vision-language model, with its processor."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(vlm_config=vlm, embedding_dim=16)
    getattr(transformers, f"{kind}ForRetrieval")(config).eval().save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def colpali(folder: Path) -> Path:
    """ColPali: a vector for each patch of a page and for each token of a question."""
    from transformers import ColPaliProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    images = SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    images.image_seq_length = (SIDE // PATCH) ** 2
    processor = ColPaliProcessor(images, tokenizer())  # adds its own tokens
    text, vision = _towers(len(processor.tokenizer))
    text |= {"model_type": "gemma", "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 2048,
             "initializer_range": 0.3}  # fmt: skip
    vision |= {"model_type": "siglip_vision_model", "vision_use_head": False, "initializer_range": 0.3}
    whole = {"model_type": "paligemma", "text_config": text, "vision_config": vision, "projection_dim": 32,
             "hidden_size": 32, "vocab_size": len(processor.tokenizer),
             "image_token_index": processor.image_token_id}  # fmt: skip
    return _late(folder, "ColPali", processor, whole)


def colqwen2(folder: Path) -> Path:
    """ColQwen2: as many patches as a page has, in its own shape."""
    from transformers import ColQwen2Processor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokens = tokenizer()
    marks = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>",
             "vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}  # fmt: skip
    others = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
    tokens.add_special_tokens({"additional_special_tokens": [*marks.values(), *others]})
    side = 2 * PATCH
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH, merge_size=2, temporal_patch_size=2, min_pixels=4 * side**2, max_pixels=64 * side**2
    )
    text, _ = _towers(len(tokens))
    text |= {"model_type": "qwen2_vl_text", "num_key_value_heads": 1, "max_position_embeddings": 4096,
             "initializer_range": 0.3, "rope_parameters": {"type": "mrope", "rope_type": "default",
             "mrope_section": [2, 3, 3], "rope_theta": 1e4}}  # fmt: skip
    vision = {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2,
              "patch_size": PATCH, "spatial_merge_size": 2, "temporal_patch_size": 2}  # fmt: skip
    ids = {name: tokens.convert_tokens_to_ids(mark) for name, mark in marks.items()}
    whole = {"model_type": "qwen2_vl", "text_config": text, "vision_config": vision, **ids}
    return _late(folder, "ColQwen2", ColQwen2Processor(images, tokens), whole)


def colmodernvbert(folder: Path) -> Path:
    """ColModernVBERT: a page in tiles and as a whole, read in both directions."""
    from transformers import ColModernVBertProcessor
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    tokens = tokenizer()
    tiles = [f"<row_{i}_col_{j}>" for i in range(1, 7) for j in range(1, 7)]
    tokens.add_special_tokens({"additional_special_tokens": ["<global-img>", *tiles]})
    images = Idefics3ImageProcessorPil(size={"longest_edge": 2 * SIDE}, max_image_size={"longest_edge": SIDE})
    processor = ColModernVBertProcessor(images, tokens, image_seq_len=(SIDE // PATCH // 2) ** 2)
    text, vision = _towers(len(processor.tokenizer))
    text |= {"model_type": "modernbert", "max_position_embeddings": 4096, "initializer_range": 0.3,
             "cls_token_id": 1, "sep_token_id": 2}  # fmt: skip
    vision |= {"model_type": "siglip_vision_model", "vision_use_head": False}
    whole = {"model_type": "modernvbert", "text_config": text, "vision_config": vision,
             "pixel_shuffle_factor": 2, "image_token_id": processor.image_token_id}  # fmt: skip
    return _late(folder, "ColModernVBert", processor, whole)


def colbert(folder: Path) -> Path:
    """A late-interaction model of sentence-transformers that reads text only."""
    from sentence_transformers import MultiVectorEncoder

    minilm(folder)
    made = MultiVectorEncoder(
        str(folder / "bert"), device="cpu", prompts={"query": "[Q] ", "document": "[D] "}
    )
    made.save_pretrained(str(folder / "colbert"))
    return folder / "colbert"


def blip(folder: Path) -> Path:
    """BLIP for captions."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertTokenizerFast, BlipConfig, BlipForConditionalGeneration, BlipProcessor
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

    torch.manual_seed(0)
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *sorted(set((WORDS + " of").replace(",", " ").split())),
    ]
    words += [f"word{i}" for i in range(60)] + ["[DEC]", "[ENC]"]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys(words))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokens = BertTokenizerFast(tokenizer_object=made, bos_token="[DEC]")
    shared = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**shared, "vocab_size": len(vocabulary), "encoder_hidden_size": 32, "max_position_embeddings": 80,
            "bos_token_id": vocabulary["[DEC]"], "sep_token_id": 3, "eos_token_id": 3, "pad_token_id": 0}  # fmt: skip
    config = BlipConfig(
        text_config=text, vision_config={**shared, "image_size": SIDE, "patch_size": PATCH, "initializer_range": 0.5},
        projection_dim=16,
    )  # fmt: skip
    model = BlipForConditionalGeneration(config)
    with torch.no_grad():  # let what is seen weigh as much as what was said
        for name, weights in model.named_parameters():
            if "crossattention" in name or "patch_embedding" in name:
                weights.mul_(8)
    model.save_pretrained(folder)
    BlipProcessor(BlipImageProcessorPil(size={"height": SIDE, "width": SIDE}), tokens).save_pretrained(folder)
    return folder


def layout(folder: Path, kind: str = "lilt") -> Path:
    """LiLT or LayoutLM: words with boxes."""
    import torch
    from transformers import LayoutLMConfig, LayoutLMModel, LiltConfig, LiltModel

    torch.manual_seed(0)
    tokens = tokenizer()
    shared: dict[str, Any] = {"vocab_size": len(tokens), "hidden_size": 48, "intermediate_size": 64,
                              "num_hidden_layers": 2, "num_attention_heads": 2, "pad_token_id": 0,
                              "max_position_embeddings": 64, "initializer_range": 0.3}  # fmt: skip
    model = LiltModel(LiltConfig(**shared)) if kind == "lilt" else LayoutLMModel(LayoutLMConfig(**shared))
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
    return folder


CHAT = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for part in m.content %}{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def vlm(folder: Path, template: str = CHAT) -> Path:
    """LLaVA: looks at pictures and answers questions, in words without sense."""
    import torch
    from tokenizers import processors
    from transformers import LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(0)
    tokens = tokenizer()
    tokens.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    marks = ["<image>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    tokens.add_special_tokens({"additional_special_tokens": marks})
    tokens.model_max_length = 1024
    shared = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
              "initializer_range": 0.3}  # fmt: skip
    text = {**shared, "model_type": "llama", "vocab_size": len(tokens), "max_position_embeddings": 1024,
            "num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}  # fmt: skip
    vision = {**shared, "model_type": "clip_vision_model", "image_size": SIDE, "patch_size": PATCH}
    config = LlavaConfig(
        text_config=text, vision_config=vision, image_token_index=tokens.convert_tokens_to_ids("<image>")
    )
    model = LlavaForConditionalGeneration(config)
    model.generation_config.eos_token_id = 2
    model.save_pretrained(folder)
    images = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    LlavaProcessor(
        images, tokens, patch_size=PATCH, vision_feature_select_strategy="default", chat_template=template,
        image_token="<image>", num_additional_image_tokens=1,
    ).save_pretrained(folder)  # fmt: skip
    return folder
