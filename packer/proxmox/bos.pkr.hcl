# A template of Bhojpur OS for Proxmox VE, installed by an ISO that asks nothing and powers the machine off at its end.

source "proxmox-iso" "bos" {
  proxmox_url              = var.proxmox_url
  username                 = var.username
  password                 = var.password
  insecure_skip_tls_verify = var.insecure_skip_tls_verify
  node                     = var.node

  vm_id                = var.vm_id
  vm_name              = var.template_name
  template_name        = var.template_name
  template_description = "Bhojpur OS"
  os                   = "l26"
  cores                = 2
  memory               = var.memory
  scsi_controller      = "virtio-scsi-pci"
  iso_file             = var.iso_file
  unmount_iso          = true

  disks {
    type              = "scsi"
    disk_size         = var.disk_size
    storage_pool      = var.storage_pool
    storage_pool_type = var.storage_pool_type
    format            = "raw"
  }
  network_adapters {
    model  = "virtio"
    bridge = var.bridge
  }

  # Machines made of the template get their keys and their name from its cloud-init drive (bos.data_sources: cdrom).
  cloud_init              = true
  cloud_init_storage_pool = var.storage_pool

  # Nothing is typed, and nothing is asked of a guest agent, which the system does not have.
  communicator = "none"
  qemu_agent   = false
  boot_wait    = "1s"
}

build {
  sources = ["source.proxmox-iso.bos"]

  # This builder shuts the machine down as soon as the last provisioner has ended: it must not end before the
  # installation has.
  provisioner "shell-local" {
    script = "${path.root}/wait-for-power-off.sh"
    environment_vars = [
      "API=${var.proxmox_url}",
      "PROXMOX_USERNAME=${var.username}",
      "PROXMOX_PASSWORD=${var.password}",
      "INSECURE=${var.insecure_skip_tls_verify}",
      "NODE=${var.node}",
      "VM_ID=${var.vm_id}",
      "MINUTES=${var.power_off_minutes}",
    ]
  }
}
