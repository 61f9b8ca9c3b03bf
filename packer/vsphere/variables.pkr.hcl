variable "iso" {
  description = "An ISO that installs by itself and powers off; README.md says how it is made."
  type        = string
  default     = "bos-unattended.iso"
}

variable "iso_checksum" {
  description = "Of that ISO, such as sha256:HEX; none for a file that you have just made."
  type        = string
  default     = "none"
}

variable "power_off_timeout" {
  description = "How long to wait until the installed machine powers itself off."
  type        = string
  default     = "30m"
}

variable "vcenter_server" {
  description = "The vCenter server, by name or address."
  type        = string
}

variable "username" {
  description = "Such as packer@vsphere.local."
  type        = string
}

variable "password" {
  description = "Its password. Give it as PKR_VAR_password."
  type        = string
  sensitive   = true
}

variable "insecure_connection" {
  description = "Accept any certificate of the server."
  type        = bool
  default     = false
}

variable "datacenter" {
  description = "The datacenter; empty where there is only one."
  type        = string
  default     = ""
}

variable "cluster" {
  description = "The cluster that builds it."
  type        = string
}

variable "datastore" {
  description = "The datastore of its disk and of the ISO."
  type        = string
}

variable "folder" {
  description = "The folder of the template; empty for the datacenter's own."
  type        = string
  default     = ""
}

variable "network" {
  description = "The network of its card."
  type        = string
  default     = "VM Network"
}

variable "vm_name" {
  description = "The name of the template."
  type        = string
  default     = "bhojpur-os"
}

variable "guest_os_type" {
  description = "As vSphere calls it; older ones know debian10_64Guest."
  type        = string
  default     = "debian11_64Guest"
}

variable "disk_size" {
  description = "MB of the disk."
  type        = number
  default     = 8192
}

variable "memory" {
  description = "MB of memory."
  type        = number
  default     = 1024
}
