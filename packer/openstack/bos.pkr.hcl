# An image of Bhojpur OS for OpenStack: a machine with Debian 12 is taken over, powers itself off, and becomes the image.

locals {
  stamp    = formatdate("YYYYMMDDhhmmss", timestamp())
  instance = "packer-${var.image_name}-${local.stamp}"
}

source "openstack" "bos" {
  identity_endpoint             = var.auth_url
  application_credential_id     = var.application_credential_id
  application_credential_secret = var.application_credential_secret
  region                        = var.region

  flavor              = var.flavor
  instance_name       = local.instance
  source_image_name   = var.source_image
  networks            = var.networks
  floating_ip_network = var.floating_ip_network

  communicator = "ssh"
  ssh_username = var.ssh_username

  image_name = "${var.image_name}-${local.stamp}"
  metadata = {
    os_distro      = "debian"
    hw_disk_bus    = "scsi"
    hw_scsi_model  = "virtio-scsi"
    hw_vif_model   = "virtio"
    image_original = "Bhojpur OS"
  }
}

build {
  sources = ["source.openstack.bos"]

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

  # This builder stops the machine as soon as the last provisioner has ended: it must not end before the takeover has.
  provisioner "shell-local" {
    script = "${path.root}/wait-for-power-off.sh"
    environment_vars = [
      "INSTANCE=${local.instance}",
      "MINUTES=${var.power_off_minutes}",
      "OS_AUTH_TYPE=v3applicationcredential",
      "OS_AUTH_URL=${var.auth_url}",
      "OS_APPLICATION_CREDENTIAL_ID=${var.application_credential_id}",
      "OS_APPLICATION_CREDENTIAL_SECRET=${var.application_credential_secret}",
      "OS_REGION_NAME=${var.region}",
    ]
  }
}
