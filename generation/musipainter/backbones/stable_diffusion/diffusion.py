"""`StableDiffusionBackbone`: the paper's image generator, Stable Diffusion v1-4, through diffusers.

The paper trains with eq. 1: a train image is encoded, noised to a random step, and the U-Net, told the prompt with the
music in it, names the noise. It paints by the same network with classifier-free guidance. Sizes, steps, guidance and
scheduler of its images it does not print; here they are settings, recorded with every image.

All random numbers are drawn on the CPU, one generator per image or pair, so they are the same on every device and do
not depend on who shares a batch. Images are painted in batches of exactly `batch_size`; a short batch is filled up and
the filling thrown away, because a network rounds otherwise at another batch size.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from PIL import Image
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from generation.errors import CheckpointError
from generation.files import crop_square
from generation.musipainter.backbones.backbone import Painting
from generation.musipainter.backbones.losses import LossTerms, generator_loss, overall_loss
from generation.musipainter.backbones.stable_diffusion import weights
from generation.musipainter.backbones.stable_diffusion.conditioning import PromptConditioning
from generation.musipainter.backbones.stable_diffusion.settings import DiffusionSettings, SchedulerName
from generation.musipainter.config import PROMPT, LabelTarget, LossConfig, Precision, to_json
from generation.musipainter.data import FeatureCache, MediaItem, open_image
from generation.musipainter.devices import FORMATS, explained_memory
from generation.musipainter.tensors import load_tensors
from generation.networks import cpu_threads

SCHEDULERS: dict[SchedulerName, Any] = {
    "pndm": diffusers.PNDMScheduler,  # the one that Stable Diffusion v1-4 is published with
    "ddim": diffusers.DDIMScheduler,
    "dpm++": diffusers.DPMSolverMultistepScheduler,
    "euler": diffusers.EulerDiscreteScheduler,
    "unipc": diffusers.UniPCMultistepScheduler,
}


def make_scheduler(name: SchedulerName, published: Mapping[str, Any]) -> Any:
    """A scheduler with the published noise schedule; latents, unlike pixels, are never clipped to [-1, 1]."""
    extra = {"clip_sample": False} if name == "ddim" else {}
    return SCHEDULERS[name].from_config(published, **extra)


class StableDiffusionBackbone:
    """A Stable Diffusion 1.x model as a `Backbone`. See the module's text.

    Parameters
    ----------
    unet, vae, text_encoder, tokenizer, scheduler, safety_checker, feature_extractor
        The parts of a Stable Diffusion 1.x model, as diffusers names them.
    prompt : str
        A text with one `<*>` for the music.
    label_target : {"table", "encoder", "image"}
        What eq. 2 pulls towards; see `label_targets`.
    device, precision, channels_last, compiled
        Where and how the networks compute; each rounds otherwise.

    Raises
    ------
    CheckpointError
        When the model does not predict noise, or its parts do not fit each other.
    """

    name = "stable-diffusion"

    def __init__(
        self,
        *,
        unet: UNet2DConditionModel,
        vae: AutoencoderKL,
        text_encoder: nn.Module,
        tokenizer: Any,
        scheduler: Any,
        safety_checker: nn.Module | None = None,
        feature_extractor: Any = None,
        prompt: str = PROMPT,
        label_target: LabelTarget = "table",
        device: torch.device | str = "cpu",
        precision: Precision = "float32",
        channels_last: bool = False,
        compiled: bool = False,
    ) -> None:
        self.weights_sha256 = weights.weights_hash({"unet": unet, "vae": vae, "text_encoder": text_encoder})
        self.unet, self.vae, self.text_encoder = unet, vae, text_encoder
        self.tokenizer, self.safety_checker, self.feature_extractor = tokenizer, safety_checker, feature_extractor
        self.device, self.dtype = torch.device(device), FORMATS[precision]
        self.precision: Precision = precision
        with weights.quiet_libraries():
            for network in self.networks():
                network.to(device=self.device, dtype=self.dtype).eval().requires_grad_(False)
        if channels_last:
            self.unet.to(memory_format=torch.channels_last)
            self.vae.to(memory_format=torch.channels_last)
        if compiled:
            self.unet.compile()
        # One image at a time: memory stays flat, and an image does not depend on how many share its batch.
        self.vae.enable_slicing()
        self.options = {"channels_last": channels_last, "compiled": compiled}
        self.scheduler_config = scheduler.config
        self.noise = DDPMScheduler.from_config(scheduler.config)
        if self.noise.config.prediction_type != "epsilon":
            raise CheckpointError(
                f"This diffusion model predicts {self.noise.config.prediction_type!r}; eq. 1 needs one that predicts "
                "the noise ('epsilon'), such as Stable Diffusion 1.x."
            )
        self.conditioning = PromptConditioning(tokenizer, text_encoder, prompt)
        self.out_dim = self.conditioning.dim
        if self.out_dim != unet.config.cross_attention_dim:
            raise CheckpointError(
                f"The text encoder gives {self.out_dim} numbers per token, the U-Net takes "
                f"{unet.config.cross_attention_dim}: these are parts of two models."
            )
        if unet.config.in_channels != vae.config.latent_channels:
            raise CheckpointError(
                f"The U-Net takes {unet.config.in_channels} channels, the VAE gives {vae.config.latent_channels}: "
                "these are parts of two models, or of one that paints inside other pictures."
            )
        self.label_kind: LabelTarget = label_target
        if label_target == "image" and (
            self.safety_checker is None or self.safety_checker.visual_projection.out_features != self.out_dim
        ):
            raise CheckpointError(
                "The label target 'image' needs the CLIP image network that Stable Diffusion 1.x keeps in its folder "
                f"safety_checker, with {self.out_dim} numbers per image."
            )
        self.vae_factor = 2 ** (len(vae.config.block_out_channels) - 1)
        self.size = unet.config.sample_size * self.vae_factor
        self.is_trained = False
        self._targets: dict[str, Tensor] = {}
        self._pipeline: Any = None

    @classmethod
    def load(cls, source: str | Path = weights.HUB_ID, **options: Any) -> "StableDiffusionBackbone":
        """From a folder in diffusers' layout or a name on the Hugging Face hub; CheckpointError says what is wrong."""
        return cls(**weights.load_components(source), **options)

    def networks(self) -> list[nn.Module]:
        """All networks, frozen or trained."""
        return [part for part in (self.unet, self.vae, self.text_encoder, self.safety_checker) if part is not None]

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "weights_sha256": self.weights_sha256, "prompt": self.conditioning.prompt}

    # Training

    def fit(self, train: Sequence[MediaItem], other: Sequence[MediaItem], cache: FeatureCache) -> None:
        """Nothing is taken from the train split: images are read as they are needed."""

    def training_loss(
        self,
        e_audio: Tensor,
        images: Sequence[MediaItem],
        labels: Sequence[str],
        *,
        config: LossConfig,
        generator: torch.Generator,
    ) -> LossTerms:
        pixels = torch.stack([load_pixels(image, self.size) for image in images])
        seeds = torch.randint(2**63 - 1, (len(images),), generator=generator).tolist()
        with explained_memory(
            f"training on {len(images)} pairs at once",
            "use a smaller --batch-size with more --accumulation, --precision bfloat16 or --gradient-checkpointing",
        ):
            noise_loss = self.noise_loss(e_audio, pixels, seeds)
            return overall_loss(noise_loss, e_audio, self.label_targets(labels, images).to(e_audio), config)

    def noise_loss(self, e_audio: Tensor, pixels: Tensor, seeds: Sequence[int]) -> Tensor:
        """Eq. 1 for audio tokens (B, d) and images (B, 3, S, S) in [-1, 1]: mean squared error of the named noise.

        seeds: one per pair; step, noise and the encoder's own noise of a pair follow from its seed alone.
        """
        return self.noise_losses(e_audio, pixels, seeds).mean()

    def noise_losses(self, e_audio: Tensor, pixels: Tensor, seeds: Sequence[int]) -> Tensor:
        """Eq. 1 pair by pair: (B,)."""
        steps, shares, noises = self._draw(seeds, pixels.shape[-1] // self.vae_factor)
        with torch.no_grad():
            posterior = self.vae.encode(pixels.to(self.device, self.vae.dtype)).latent_dist
            latents = (posterior.mean + posterior.std * shares.to(posterior.mean)) * self.vae.config.scaling_factor
        noises = noises.to(latents)
        noisy = self.noise.add_noise(latents, noises, steps)
        prompts = self.conditioning.embed(e_audio.to(self.device))
        with explained_compilation():
            named = self.unet(
                noisy.to(self.unet.dtype), steps, encoder_hidden_states=prompts.to(self.unet.dtype)
            ).sample
        pairs = zip(named.float(), noises.float(), strict=True)
        return torch.stack([generator_loss(predicted, noise) for predicted, noise in pairs])

    def _draw(self, seeds: Sequence[int], side: int) -> tuple[Tensor, Tensor, Tensor]:
        shape = (self.vae.config.latent_channels, side, side)
        steps, shares, noises = [], [], []
        for seed in seeds:
            generator = torch.Generator().manual_seed(seed)
            steps.append(torch.randint(self.noise.config.num_train_timesteps, (), generator=generator))
            shares.append(torch.randn(shape, generator=generator))
            noises.append(torch.randn(shape, generator=generator))
        return torch.stack(steps).to(self.device), torch.stack(shares), torch.stack(noises)

    def label_targets(self, labels: Sequence[str], artworks: Sequence[MediaItem]) -> Tensor:
        """The label of eq. 2 for every pair (B, d): of its label's words, or of its artwork's image."""
        if self.label_kind == "image":
            for artwork in artworks:
                if artwork.sha256 not in self._targets:
                    self._targets[artwork.sha256] = self.image_target(artwork)
            return torch.stack([self._targets[artwork.sha256] for artwork in artworks])
        for label in labels:
            if label not in self._targets:
                self._targets[label] = self.conditioning.label_target(label, self.label_kind)
        return torch.stack([self._targets[label] for label in labels])

    @torch.no_grad()
    def image_target(self, artwork: MediaItem) -> Tensor:
        """CLIP's embedding (d,) of an artwork, by the image network that Stable Diffusion's safety checker holds."""
        features = self.feature_extractor(open_image(artwork), return_tensors="pt").pixel_values
        checker: Any = self.safety_checker
        pooled = checker.vision_model(features.to(self.device, self.dtype)).pooler_output
        return checker.visual_projection(pooled)[0].float()

    def train_unet(self, *, gradient_checkpointing: bool = False) -> None:
        """Let the U-Net learn: its weights in full precision, and part of the checkpoint from now on."""
        with weights.quiet_libraries():
            self.unet.to(torch.float32).requires_grad_(True)
        self.is_trained = True
        if gradient_checkpointing:
            self.unet.enable_gradient_checkpointing()

    # Checkpoint

    def state(self) -> dict[str, Tensor]:
        """Empty while all is frozen; the U-Net's weights where it was trained."""
        tensors = self.unet.state_dict() if self.is_trained else {}
        return {name: tensor.detach().cpu() for name, tensor in tensors.items()}

    def notes(self) -> dict[str, Any]:
        return {"label_target": self.label_kind}

    def load_state(self, state: dict[str, Tensor], notes: dict[str, Any]) -> None:
        if not state:
            return
        load_tensors(self.unet, state, "the U-Net")
        self.is_trained = True

    # Images

    def render(
        self, e_audio: Tensor, seeds: Sequence[int], settings: DiffusionSettings, *, places: Sequence[int]
    ) -> list[Painting]:
        with torch.no_grad():
            return self.paint(self.conditioning.embed(e_audio.to(self.device)), seeds, settings)

    def render_text(self, texts: Sequence[str], seeds: Sequence[int], settings: DiffusionSettings) -> list[Painting]:
        """Images of texts alone, without music: what the model can do with the label's words."""
        return self.paint(torch.cat([self.conditioning.embed_text(text) for text in texts]), seeds, settings)

    @torch.no_grad()
    def paint(self, prompts: Tensor, seeds: Sequence[int], settings: DiffusionSettings) -> list[Painting]:
        """One image per conditioning (N, 77, d) and seed."""
        loaded = {"device": self.device.type, "precision": self.precision, **self.options}
        for name, value in loaded.items():
            if getattr(settings, name) != value:
                raise CheckpointError(
                    f"These images are to be painted with {name} {getattr(settings, name)}, "
                    f"but the networks were loaded with {value}."
                )
        paintings: list[Painting] = []
        refusal = self.conditioning.embed_text(settings.negative_prompt)
        for start in range(0, len(prompts), settings.batch_size):
            part, part_seeds = prompts[start : start + settings.batch_size], list(seeds[start:][: settings.batch_size])
            missing = settings.batch_size - len(part)
            part = torch.cat([part, part[-1:].expand(missing, -1, -1)])
            images = self._paint_batch(part, refusal, part_seeds + part_seeds[-1:] * missing, settings)
            paintings += [self._painting(image, settings) for image in images[: len(part_seeds)]]
        return paintings

    def _paint_batch(
        self, prompts: Tensor, refusal: Tensor, seeds: Sequence[int], settings: DiffusionSettings
    ) -> list[Image.Image]:
        pipeline = self.pipeline(settings.scheduler)
        size = settings.size or self.size
        threads = settings.cpu_threads if self.device.type == "cpu" else torch.get_num_threads()
        with (
            explained_memory(
                f"painting {len(seeds)} image{'s' if len(seeds) > 1 else ''} of {size} pixels at once",
                "use a smaller --batch-size" if len(seeds) > 1 else "use --precision float16, or a smaller --size",
            ),
            explained_compilation(),
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True),
            cpu_threads(threads),
        ):
            pixels = pipeline(
                prompt_embeds=prompts,
                negative_prompt_embeds=refusal.expand(len(prompts), -1, -1),
                num_inference_steps=settings.steps,
                guidance_scale=settings.guidance,
                generator=[torch.Generator().manual_seed(seed) for seed in seeds],
                height=size,
                width=size,
                output_type="pt",
            ).images
        if not bool(torch.isfinite(pixels).all()):
            raise CheckpointError(f"{self._no_numbers()} No image of this batch is kept.")
        return pipeline.image_processor.numpy_to_pil(pipeline.image_processor.pt_to_numpy(pixels))

    def _no_numbers(self) -> str:
        if self.precision == "float16":
            return (
                "The networks of Stable Diffusion gave values that are no numbers, in float16: they leave its range. "
                "Use --precision bfloat16 or float32."
            )
        return (
            f"The networks of Stable Diffusion gave values that are no numbers, in {self.precision}: their weights, or "
            "those of the checkpoint, cannot be right."
        )

    def _painting(self, image: Image.Image, settings: DiffusionSettings) -> Painting:
        return Painting(
            image=image,
            choices={
                "settings": to_json(settings),
                "width": image.width,
                "height": image.height,
                "scheduler": SCHEDULERS[settings.scheduler].__name__,
                "safety_flagged": self.is_flagged(image),
                "libraries": {name: version(name) for name in ("diffusers", "transformers", "accelerate")},
            },
        )

    def is_flagged(self, image: Image.Image) -> bool | None:
        """What the model's safety checker says of an image; None where the model has none. The image stays as it is."""
        if self.safety_checker is None or self.feature_extractor is None:
            return None
        features = self.feature_extractor(image, return_tensors="pt").pixel_values.to(self.device, self.dtype)
        # The checker blackens what it is given, so it is given an empty stand-in.
        with weights.quiet_libraries():
            _, flags = self.safety_checker(clip_input=features, images=np.zeros((1, 1, 1, 3)))
        return bool(flags[0])

    def pipeline(self, scheduler: SchedulerName) -> Any:
        """diffusers' pipeline over the networks, built once; its scheduler, which keeps state, is made anew."""
        with weights.quiet_libraries():
            fresh = make_scheduler(scheduler, self.scheduler_config)
            if self._pipeline is None:
                self._pipeline = diffusers.StableDiffusionPipeline(
                    vae=self.vae,
                    text_encoder=self.text_encoder,
                    tokenizer=self.tokenizer,
                    unet=self.unet,
                    scheduler=fresh,
                    safety_checker=None,
                    feature_extractor=None,
                    requires_safety_checker=False,
                )
                self._pipeline.set_progress_bar_config(disable=True)
        self._pipeline.scheduler = fresh
        return self._pipeline


def load_pixels(item: MediaItem, size: int) -> Tensor:
    """The image's central square as a network sees it.

    Parameters
    ----------
    item : MediaItem
        The image file.
    size : int
        Pixels of a side.

    Returns
    -------
    Tensor, float32 (3, size, size)
        In [-1, 1].

    Raises
    ------
    ImageError
        Names the file.
    """
    image = crop_square(open_image(item), size, Image.Resampling.BICUBIC)
    return torch.from_numpy(np.asarray(image, dtype=np.float32).transpose(2, 0, 1) / 127.5 - 1)


@contextmanager
def explained_compilation() -> Iterator[None]:
    """One line for what torch.compile cannot do here, such as on a machine without a C++ compiler."""
    try:
        yield
    except TorchDynamoException as error:
        reason = " ".join(str(error).split("\n\n")[0].split())[:200]
        raise CheckpointError(
            f"The U-Net cannot be compiled on this machine ({reason}); go without --compile."
        ) from error
