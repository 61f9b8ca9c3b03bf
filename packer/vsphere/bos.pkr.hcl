# A template of Bhojpur OS for vSphere, installed by an ISO that asks nothing and powers the machine off at its end.

source "vsphere-iso" "bos" {
  vcenter_server      = var.vcenter_server
  username            = var.username
  password            = var.password
  insecure_connection = var.insecure_connection
  datacenter          = var.datacenter
  cluster             = var.cluster
  datastore           = var.datastore
  folder              = var.folder

  vm_name              = var.vm_name
  guest_os_type        = var.guest_os_type
  firmware             = "efi"
  CPUs                 = 2
  RAM                  = var.memory
  disk_controller_type = ["pvscsi"]
  storage {
    disk_size             = var.disk_size
    disk_thin_provisioned = true
  }
  network_adapters {
    network      = var.network
    network_card = "vmxnet3"
  }

  # The ISO is copied to the datastore. The disk comes first: empty, it leaves the start to the CD.
  iso_url      = var.iso
  iso_checksum = var.iso_checksum
  boot_order   = "disk,cdrom"
  remove_cdrom = true

  # Nothing is typed, and no tools of VMware are waited for, which the system does not have. The installer powers the
  # machine off: packer waits for that, and fails when it does not come.
  communicator     = "none"
  disable_shutdown = true
  shutdown_timeout = var.power_off_timeout

  convert_to_template = true
}

build {
  sources = ["source.vsphere-iso.bos"]
}
