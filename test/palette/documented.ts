/** The examples of Palette's documentation ("BYOOS", "Add a Custom Pack", "Model Edge Native Cluster Profile") as they stand there. */

/** Pack manifests of operating systems; all end their maps with a comma. */
export const documentedPacks = {
  aws: `{
"annotations":
{
"cloudRegion": "us-east-1",
"imageId": "ami-071f6fc516c53fca1",
"imageOwner": "421085264799",
"osName": "centos",
"os_spectro_version": "0",
"sshUsername": "centos",
"skipK8sInstall": "false",
},
"cloudTypes": ["aws"],
"displayName": "CentOS",
"eol": "2024-06-30",
"group": "",
"kubeManifests": [],
"layer": "os",
"name": "golden-centos-aws",
"version": "7.7.1908",
}
`,
  azure: `{
"annotations":
{
"imageOffer": "CentOS",
"imagePublisher": "OpenLogic",
"imageSKU": "7.7",
"osName": "centos",
"os_spectro_version": "0",
"sshUsername": "centos",
"skipK8sInstall": "true",
},
"cloudTypes": ["azure"],
"displayName": "CentOS",
"eol": "2024-06-30",
"group": "",
"kubeManifests": [],
"layer": "os",
"name": "golden-centos-azure",
"version": "7.7.1908",
}
`,
  'vsphere, local': `{
"annotations":
{
"folder": "spectro-templates",
"imageId": "/Datacenter/vm/spectro-templates/base-images/centos-7-vanilla-with-vm-tools",
"osName": "centos",
"os_spectro_version": "0",
"sshPassword": "password",
"sshUsername": "root",
"skipK8sInstall": "false",
},
"cloudTypes": ["vsphere"],
"displayName": "CentOS",
"eol": "2024-06-30",
"group": "",
"kubeManifests": [],
"layer": "os",
"name": "golden-centos-vsphere",
"version": "7.7.1908",
}
`,
  'vsphere, remote': `{
"annotations":
{
"folder": "spectro-templates",
"imageId": "https://cloud-images.ubuntu.com/releases/18.04/release/ubuntu-18.04-server-cloudimg-amd64.ova",
"osName": "ubuntu",
"os_spectro_version": "0",
"sshUsername": "ubuntu",
"skipK8sInstall": "false",
},
"cloudTypes": ["vsphere"],
"displayName": "Ubuntu",
"eol": "2028-04-30",
"group": "LTS",
"kubeManifests": [],
"layer": "os",
"name": "golden-ubuntu-vsphere",
"version": "18.04.4",
}
`,
} as const;

/** "Create a Custom Pack". */
export const documentedAddon = `{
"annotations": {
"name": "value"
},
"displayName": "<PACK_DISPLAY_NAME>",
"eol": "2028-04-30",
"group": "<PACK_GROUP>",
"kubeManifests": ["manifests/deployment.yaml"],
"layer": "<LAYER>",
"name": "<PACK_NAME>",
"version": "<PACK_VERSION>"
}
`;

export const documentedAddonValues = `pack:
namespace : <default namespace for charts and manifests>
charts:
chart1:
<configurable chart1 parameters>
chart2:
<configurable chart2 parameters>
manifests:
manifest1:
<manifest1 parameters>
manifest2:
<manifest2 parameters>
`;

export const documentedImages = `pack:
content:
images:
- docker.io/example-image:latest
- gcr.io/example-image-two:latest
`;

/** The BYOOS pack: \`system.uri\` stands twice. */
export const documentedByoos = `pack:
  content:
    images:
      - image: '{{.spectro.pack.edge-native-byoi.options.system.uri}}'
  # Below config is default value, please uncomment if you want to modify default values
  #drain:
    #cordon: true
    #timeout: 60 # The length of time to wait before giving up, zero means infinite
    #skipWaitForDeleteTimeout: 60 # Seconds must be greater than 0 to skip.
options:
  system.uri: ""
    system.uri: example.io/my-images/example-custom-os:v1.4.5
`;

export const documentedDrain = `pack:
  drain:
    cordon: true
`;

export const documentedGeneric = `pack:
  osImageOverride: "ami-0f4804aff4cf9c5a2"
  osName: "rhel"
  osVersion: "8"
`;

/** The edge profile: \`pack\` has nothing in it. */
export const documentedProfile = `pack:
content:
  images: 
    - image: '{{.spectro.pack.edge-native-byoi.options.system.uri}}'
    # - image: example.io/my-other-images/example:v1.0.0 
    # - image: example.io/my-super-other-images/example:v1.0.0 
    
options: 
  system.uri: example.io/my-images/example-custom-os:v1.4.5
`;

const terraform = (name: string) => `data "spectrocloud_registry" "public_registry" {
  name = "Public Repo"
}

data "spectrocloud_pack_simple" "byoos" {
  name         = "${name}"
  version      = "1.0.0"
  type         = "helm"
  registry_uid = data.spectrocloud_registry.public_registry.id
`;

/** The BYOOS pack, "Terraform": the second block is not closed. */
export const documentedTerraform = {
  edge: terraform('edge-native-byoi'),
  'other clouds': terraform('generic-byoi'),
};

/** "OS Patching": a timeout in nanoseconds. */
export const documentedDrainConfig = `apiVersion: v1
kind: ConfigMap
metadata:
  name: palette-agent-config
  namespace: "cluster-{{ .spectro.system.cluster.uid }}"
data:
  profiling: disable
  feature.workloads: enable
  drain: |
    {
       "timeout": 600000000,
       "gracePeriod": 600,
       "deleteLocalData": true,
       "ignoreDaemonSets": true,
       "force": true,
       "disableEviction": false,
       "skipWaitForDeleteTimeout": 600
    }
`;
