// The topic that the event bridge publishes to, and for each event function a subscription that fills the function's queue.

import { roles } from 'roles.bicep'

param name string
param location string
param tags object

@description('The functions, by the value of the CloudEvents attribute "function".')
param eventFunctions string[]

@description('The queue of each function, in the same order.')
param queueNames string[]

@description('Seconds; -1 for ever.')
param queueMessageTimeToLive int

param storageName string
param deadLetterContainer string

@description('The identity of the event bridge.')
param bridgePrincipalId string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource queues 'queues' existing = [for queue in queueNames: { name: queue }]
  }

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: deadLetterContainer
    }
  }
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  // The system's and not one of ours: behind a storage firewall Event Grid delivers with no other.
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topic
  name: guid(topic.id, bridgePrincipalId, roles.eventGridDataSender)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventGridDataSender)
    principalId: bridgePrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource deliver 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in queueNames: {
    scope: account::queueService::queues[i]
    name: guid(account.id, queue, topic.id, roles.storageQueueDataMessageSender)
    properties: {
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageQueueDataMessageSender
      )
      principalId: topic.identity.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource deadLetter 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::deadLetters
  name: guid(account.id, deadLetterContainer, topic.id, roles.storageBlobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource subscriptions 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [
  for (function, i) in eventFunctions: {
    parent: topic
    name: toLower(function)
    dependsOn: [deliver, deadLetter]
    properties: {
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      filter: {
        advancedFilters: [
          {
            operatorType: 'StringIn'
            key: 'function'
            values: [function]
          }
        ]
      }
      deliveryWithResourceIdentity: {
        identity: {
          type: 'SystemAssigned'
        }
        destination: {
          endpointType: 'StorageQueue'
          properties: {
            resourceId: account.id
            queueName: queueNames[i]
            queueMessageTimeToLiveInSeconds: queueMessageTimeToLive
          }
        }
      }
      deadLetterWithResourceIdentity: {
        identity: {
          type: 'SystemAssigned'
        }
        deadLetterDestination: {
          endpointType: 'StorageBlob'
          properties: {
            resourceId: account.id
            blobContainerName: deadLetterContainer
          }
        }
      }
      // As long as Event Grid keeps trying: a day.
      retryPolicy: {
        maxDeliveryAttempts: 30
        eventTimeToLiveInMinutes: 1440
      }
    }
  }
]

output topicName string = topic.name
output endpoint string = topic.properties.endpoint
