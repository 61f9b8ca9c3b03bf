# An image of Bhojpur OS for Compute Engine: a machine with Debian 12 is taken over, powers itself off, and its disk
# becomes the image. Credentials: `gcloud auth application-default login`, or GOOGLE_APPLICATION_CREDENTIALS.

locals {
  stamp    = formatdate("YYYYMMDDhhmmss", timestamp())
  instance = "packer-${var.image_family}-${local.stamp}"
}

source "googlecompute" "bos" {
  project_id          = var.project_id
  zone                = var.zone
  machine_type        = var.machine_type
  instance_name       = local.instance
  source_image_family = "debian-12"
  disk_size           = var.disk_size

  communicator = "ssh"
  ssh_username = "packer"

  image_name        = "${var.image_family}-${local.stamp}"
  image_family      = var.image_family
  image_description = "Bhojpur OS"
}

build {
  sources = ["source.googlecompute.bos"]

  provisioner "file" {
    source      = var.opsctl
    destination = "/var/tmp/opsctl"
  }
  provisioner "file" {
    source      = var.iso
    destination = "/var/tmp/bos.iso"
  }
  provisioner "file" {
    source      = var.config
    destination = "/var/tmp/config.yaml"
  }

  # The keys of people come from the cloud (bos.data_sources), which counts as no login in the configuration itself.
  provisioner "shell" {
    inline = [
      "chmod 0755 /var/tmp/opsctl",
      "sudo /var/tmp/opsctl install --takeover /var/tmp/bos.iso --config /var/tmp/config.yaml --allow-no-login --silent --poweroff --reboot",
    ]
    expect_disconnect = true
    skip_clean        = true
  }

  # This builder deletes the machine as soon as the last provisioner has ended: it must not end before the takeover has.
  provisioner "shell-local" {
    script = "${path.root}/wait-for-power-off.sh"
    environment_vars = [
      "INSTANCE=${local.instance}",
      "PROJECT=${var.project_id}",
      "ZONE=${var.zone}",
      "MINUTES=${var.power_off_minutes}",
    ]
  }
}
