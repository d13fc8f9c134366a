// Agent Warden's event functions in Azure: a bridge in AKS publishes to Event Grid, Event Grid fills a queue for each function,
// and a function app that costs nothing while all queues are empty reads them. No key anywhere. What each part is for: README.md.

@description('Beginning of all names.')
@minLength(3)
@maxLength(24)
param name string = 'agent-warden'

@description('Region; Flex Consumption must be there: az functionapp list-flexconsumption-locations')
param location string = resourceGroup().location

@description('Tags of every resource.')
param tags object = {}

@description('AGENTWARDEN_QUEUE_NAME: the queue of function F is this, a hyphen, and F in lower case.')
@minLength(3)
// As the program demands: with a function's name and -poison it must fit into 63 characters.
@maxLength(30)
param queueName string = 'agent-warden-events'

@description('Seconds that a message may wait unread. -1: for ever. 3600 is enough where functions report to the bridge.')
@minValue(-1)
param queueMessageTimeToLive int = -1

@description('Issuer of the AKS cluster: az aks show --query oidcIssuerProfile.issuerUrl. Empty: no pod gets an identity.')
param aksIssuerUrl string = ''

@description('The namespace of Agent Warden in the cluster.')
param clusterNamespace string = 'agent-warden-system'

@description('Path of the kubeconfig in the published app: how the functions find the API server. No secret belongs into it.')
param kubeconfigPath string = '/home/site/wwwroot/kubeconfig'

@description('Memory of an instance, and with it its share of a CPU and its price.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances that there may be at most.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that are always there, and always billed: function:SecretProvisioningQueue, or http for all HTTP functions.')
param alwaysReady { name: string, instanceCount: int }[] = []

@description('Subnet, delegated to Microsoft.App/environments, from which the app calls out. For a private API server.')
param subnetId string = ''

@description('Address ranges that may call the HTTP functions. None by default: the queues are enough.')
param allowedAddresses string[] = []

@description('More app settings, by name.')
param settings { *: string } = {}

@description('App settings whose values lie in the vault: the setting, and the name of the vault\'s entry.')
param settingsFromVault { *: string } = {}

@description('How long a deleted vault, or a secret in it, can be brought back. Until then its name is taken.')
@minValue(7)
@maxValue(90)
param vaultSoftDeleteDays int = 90

@description('Days after which dead letters are deleted.')
@minValue(1)
param deadLetterDays int = 30

@description('Log Analytics and Application Insights.')
param monitoring bool = true

@description('Gigabytes of logs a day; what comes after that is dropped. A number in text, as 0.5.')
param dailyCapGb string = '0.5'

// Written by a test from what the functions declare, so that none is forgotten here.
var functions = loadJsonContent('functions.json')
var queueNames = [for function in functions.event: '${queueName}-${toLower(function)}']

var suffix = uniqueString(resourceGroup().id, name)
var storageName = 'aw${suffix}'
var vaultName = 'aw-${suffix}'
var deadLetters = 'dead-letters'

// A review names Secrets, and an API server would not come this way: admission stays in the cluster.
var admissionOff = toObject(functions.admission, function => 'AzureWebJobs_${function}_Disabled', function => 'true')
var vaultReferences = mapValues(
  settingsFromVault,
  secret => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${secret})'
)
var appSettings = union(
  {
    AGENTWARDEN_QUEUE_NAME: queueName
    AGENTWARDEN_NAMESPACE: clusterNamespace
    // The bridge is in the cluster; a second one here would see the same changes.
    AGENTWARDEN_BRIDGE: 'false'
    AZURE_CLIENT_ID: identities.outputs.functionsClientId
    KUBECONFIG: kubeconfigPath
    // Nobody sends again what is given up here, so a message is tried for a day, every 30 seconds, and not five times in all.
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount: '2880'
  },
  admissionOff,
  vaultReferences,
  settings
)

module identities 'modules/identities.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    aksIssuerUrl: aksIssuerUrl
    clusterNamespace: clusterNamespace
    // The process that publishes runs under one of these, by the way it is installed.
    bridgeAccounts: ['agent-warden', 'agent-warden-bridge']
    functionsAccounts: ['agent-warden-functions']
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: storageName
    location: location
    tags: tags
    queueNames: queueNames
    deadLetterContainer: deadLetters
    functionsPrincipalId: identities.outputs.functionsPrincipalId
    deadLetterDays: deadLetterDays
  }
}

module events 'modules/events.bicep' = {
  dependsOn: [storage]
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    eventFunctions: functions.event
    queueNames: queueNames
    queueMessageTimeToLive: queueMessageTimeToLive
    storageName: storageName
    deadLetterContainer: deadLetters
    bridgePrincipalId: identities.outputs.bridgePrincipalId
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: vaultName
    location: location
    tags: tags
    softDeleteDays: vaultSoftDeleteDays
    functionsPrincipalId: identities.outputs.functionsPrincipalId
  }
}

module logs 'modules/monitoring.bicep' = if (monitoring) {
  params: {
    name: name
    location: location
    tags: tags
    dailyCapGb: dailyCapGb
    functionsPrincipalId: identities.outputs.functionsPrincipalId
  }
}

module app 'modules/app.bicep' = {
  // A setting that names an entry of the vault is looked up when the app is made.
  dependsOn: [vault]
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    identityId: identities.outputs.functionsId
    identityClientId: identities.outputs.functionsClientId
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    packageContainer: storage.outputs.packageContainer
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    subnetId: subnetId
    allowedAddresses: allowedAddresses
    insightsName: monitoring ? logs!.outputs.insightsName : ''
    settings: appSettings
  }
}

@description('The environment of the bridge in the cluster.')
output bridgeSettings object = {
  AGENTWARDEN_SINK: 'eventgrid'
  AGENTWARDEN_EVENTGRID_ENDPOINT: events.outputs.endpoint
  // Functions in Azure have no way to the bridge.
  AGENTWARDEN_SINK_REPORTS: 'false'
}

@description('For the annotation azure.workload.identity/client-id of the ServiceAccount agent-warden-bridge.')
output bridgeClientId string = identities.outputs.bridgeClientId

@description('For the annotation of agent-warden-functions, where functions in the cluster read the queues.')
output functionsClientId string = identities.outputs.functionsClientId

@description('As whom the function app calls the API server of an AKS cluster with Entra ID.')
output functionsPrincipalId string = identities.outputs.functionsPrincipalId

output functionAppName string = app.outputs.name
output storageAccountName string = storageName
output queueNames array = queueNames
output topicName string = events.outputs.topicName
output vaultName string = vaultName

@description('How the program gets there. What the cluster needs: README.md.')
output publish array = [
  'dotnet publish functions -c Release -o bin/function-app'
  '(cd bin/function-app && zip -qr ../function-app.zip .)'
  'az functionapp deployment source config-zip -g ${resourceGroup().name} -n ${app.outputs.name} --src bin/function-app.zip'
]
